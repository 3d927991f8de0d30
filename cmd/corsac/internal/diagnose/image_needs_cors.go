package diagnose

var _ = class(&Text{
	Slug:    "image-needs-cors",
	Title:   "An image with crossorigin needs CORS from its server",
	Why:     "A plain img tag loads from anywhere, but with the attribute crossorigin the browser requires Access-Control-Allow-Origin, as WebGL and canvas do. The server of the image does not send it.",
	Apart:   "If nothing reads the image's pixels, remove crossorigin. If the header is there in other cases, the browser may have cached the image from a tag without crossorigin: the server must send Vary: Origin.",
	Message: "Access to image at 'https://cdn.example.net/photo.jpg' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
