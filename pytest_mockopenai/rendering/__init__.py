"""What several endpoints render alike, and which needs both the core's values and token counts."""
