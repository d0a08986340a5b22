"""The page on which people rank clips: which clips are shown, what is said of them, and the server."""
