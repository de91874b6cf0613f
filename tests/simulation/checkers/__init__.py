"""What must hold of every run; one file each."""
