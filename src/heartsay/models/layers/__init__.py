"""What several models are built of: recurrence, attention and graph convolutions that padding cannot reach."""
