"""What only the standalone mock needs."""
