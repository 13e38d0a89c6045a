"""For reviewers: executed notebooks as pages that need neither Jupyter nor a network."""
