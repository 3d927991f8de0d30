package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "canvas-tainted", Side: cause.Page,
	Title:   "The canvas has an image of another origin that was loaded without CORS",
	Why:     "Once such an image is drawn, script may not read the canvas: toDataURL, toBlob and getImageData fail. The image itself loaded fine.",
	Fix:     "Set crossorigin=\"anonymous\" on the image before its src, and let the image's server send Access-Control-Allow-Origin. An image that is already in the cache may need a new URL once.",
	Message: "Uncaught SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.",
})
