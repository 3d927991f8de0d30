package stacks

// belowClass is the class that limits CORS to a prefix.
const belowClass = "CORSBelow"
