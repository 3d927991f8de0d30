package diagnose

var _ = class(&Text{
	Slug:    "acao-empty",
	Title:   "Access-Control-Allow-Origin is there, but empty",
	Why:     "The server sets the header to an empty string. Usually the origin comes from a variable that is not set where the server runs.",
	Apart:   "Look at the value in the server's configuration: a variable that is not set, or a list of origins that is empty.",
	Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains the invalid value ''. Have the server send the header with a valid value.",
})
