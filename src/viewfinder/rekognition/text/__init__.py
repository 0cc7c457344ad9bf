"""DetectText: finds lines of Latin text, reads them, and cuts them into words."""
