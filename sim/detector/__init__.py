"""From energy deposits to photoelectrons and gates."""
