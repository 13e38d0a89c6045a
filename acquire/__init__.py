"""Should we just buy that supplier? Evaluate the acquisition of vendors."""
