"""The formats of conversations, one file each: how one begins, its reader and its writer, if any."""
