//! Blanks what belongs to the Dockerfile and not to the shell, in place, so that every shell offset is a file offset.
