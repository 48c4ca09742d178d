"""Who owns which field of an object: managedFields, and what server-side apply makes of them."""
