package fetch

// BodyKind is the type of the value that script passes as a body. It decides
// the Content-Type (https://fetch.spec.whatwg.org/#concept-bodyinit-extract).
type BodyKind string

// The kinds of bodies. BodyBytes (ArrayBuffer) and BodyStream set no
// Content-Type; BodyBlob sets the type of the blob.
const (
	BodyText       BodyKind = "text"
	BodyURLEncoded BodyKind = "urlencoded"
	BodyFormData   BodyKind = "formdata"
	BodyBlob       BodyKind = "blob"
	BodyBytes      BodyKind = "arraybuffer"
	BodyStream     BodyKind = "stream"
)

// Body is the body of a request. CORS depends only on its kind; its bytes are
// up to whoever sends the request.
type Body struct {
	// Kind must be set. An unknown kind sets no Content-Type.
	Kind BodyKind
	// Type is the type of a blob.
	Type string
	// Boundary is that of form data. Empty means a fixed one.
	Boundary string
}

// contentType returns the Content-Type that the body sets, or "" for none.
func (b *Body) contentType() string {
	switch b.Kind {
	case BodyText:
		return "text/plain;charset=UTF-8"
	case BodyURLEncoded:
		return "application/x-www-form-urlencoded;charset=UTF-8"
	case BodyFormData:
		boundary := b.Boundary
		if boundary == "" {
			boundary = "----CorsacFormBoundary"
		}
		return "multipart/form-data; boundary=" + boundary
	case BodyBlob:
		return blobType(b.Type)
	}
	return ""
}

// blobType returns the type attribute of a Blob
// (https://w3c.github.io/FileAPI/#constructorBlob).
func blobType(s string) string {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return ""
		}
	}
	return lower(s)
}
