WIDTH = 16


class Net: ...
