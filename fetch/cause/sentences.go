package cause

const needsTrue = "A request with credentials mode include needs Access-Control-Allow-Credentials: true on the preflight response and on the response itself. "

// dropThem is the page's way out of a request with credentials.
const dropThem = " If cookies do not matter, remove credentials: \"include\" (withCredentials) from the request."

const errorIsReal = "Script cannot see an error without CORS headers; the console reports it as a CORS failure. "
