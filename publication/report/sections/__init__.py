"""The parts of a page, one module each; a part without data says why it is not there."""
