//! Stories of what a picture shows.
