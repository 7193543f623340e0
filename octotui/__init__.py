"""octotui: see, count down and save asynchronous video generations from one terminal."""

__version__ = "0.1.0"
