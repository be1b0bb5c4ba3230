"""What the pages of the front desk are made of: forms, views, and codes as pictures."""
