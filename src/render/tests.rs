//! Pages, catalogues and files as a reader gets them.
