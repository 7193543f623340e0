"""What a person sees: draws facts, writes intents; no HTTP, no SQL, no file is opened here."""
