"""What facts look like as text: pure, no Textual, no SQL."""
