//! Pages in the ways that shops write them.
