"""One complete YAML per study; a package, so that an installed Greenlight has them too."""
