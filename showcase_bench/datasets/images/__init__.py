"""Where photos come from: folders and archives; and how their bytes become pixels."""
