//! Registries as epochs have them: frozen at a cut, collected and written by another thread.

mod image;

pub use image::RegistryImage;
