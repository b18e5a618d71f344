//! Whole commands over small repositories written here.
