package diagnose

var _ = class(&Text{
	Slug:    "font-needs-cors",
	Title:   "Browsers load fonts of another origin only with CORS",
	Why:     "A font in @font-face always needs Access-Control-Allow-Origin, unlike images and scripts. The server of the font does not send it.",
	Apart:   "If the font is yours, set the header on its server, or serve the font from the page's own origin. An error status such as 404 has no CORS headers either: open the URL of the font.",
	Message: "Access to font at 'https://cdn.example.net/inter.woff2' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
