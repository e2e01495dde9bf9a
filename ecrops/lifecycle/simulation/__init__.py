"""Simulating lifecycle policies on images: verdicts, explanations, comparisons, previews, forecasts. It only reads."""
