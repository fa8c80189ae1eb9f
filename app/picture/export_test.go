package picture

// Shrunk decodes without a worker.
var Shrunk = shrunk
