//! The one test binary: the rules of the source, the executable, and the stories told over HTTP.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod package;
