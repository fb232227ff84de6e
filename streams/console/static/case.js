// One alert: photos laid over each other. A page that includes case.html loads this as a module.
