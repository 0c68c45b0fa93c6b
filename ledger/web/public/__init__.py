"""The public part of the web edge: views, schemas and templates."""
