"""Grading what a model said: for evals, and for the graders of fine-tuning."""
