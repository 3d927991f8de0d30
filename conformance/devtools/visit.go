package main

import "encoding/json"

// filters are what to type into the filter of a Network panel, to keep the
// files small.
type filters struct {
	All       string `json:"all"`       // for "Copy all"
	HAR       string `json:"har"`       // for the export
	Sensitive string `json:"sensitive"` // for the export with sensitive data
	// Copied names the requests that are copied one by one.
	Copied []string `json:"copied"`
}

func (f filters) json() string {
	text, _ := json.Marshal(f) // strings can always be encoded
	return string(text)
}

// unexported matches the URLs that HAR files omit. A dot also matches a slash.
const unexported = ":4810[1-4].(requests.js|post-(nasty|control|lines|at|empty)|put-json|multipart-text|binary|blob|" +
	"patch|delete|delete-body|form|script.js|style.css|module-no-acao.js|options|credentials-put|credentials-omit|" +
	"no-cors-post|xhr-post|xhr-credentials|image-cors.png|redirect-post|redirect-post-end|redirect-same-origin|" +
	"redirect-same-origin-end|sandboxed)$"

// copied names the requests of which copies are written. Each shows something
// that the others do not.
var copied = []string{
	"get", "get-header", "put-json", "post-nasty", "post-control", "post-lines", "post-at", "post-empty", "form",
	"multipart", "binary", "delete-body", "credentials", "no-cors", "query", "xhr-post", "image", "redirect",
	"preflight-405", "error-500", "refused", "head", "websocket", "eventsource", "sandboxed-put", "https-api",
	"same-origin-post",
}

// visit is what a page did, as script and as the developer tools report it.
type visit struct {
	did  []deed
	view view
}

// deed is a request as script made it, and what script saw.
type deed struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	Method      string `json:"method"`
	Mode        string `json:"mode"`
	Credentials string `json:"credentials"`
	Kind        string `json:"kind"`
	Saw         string `json:"saw"`
	Error       string `json:"error,omitempty"`
}

// view is what the Network panel shows.
type view struct {
	Requests []row        `json:"requests"`
	All      copies       `json:"all"`
	Messages []consoleLog `json:"messages"`

	HAR       string `json:"har"`
	Sensitive string `json:"sensitive"`
}

// copies are the texts of "Copy as …", by form.
type copies map[string]string

// row is a request in the network panel.
type row struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Method    string `json:"method"`
	Preflight bool   `json:"preflight"`
	CORS      string `json:"cors"`
	Forms     copies `json:"forms"`
}

// consoleLog is a message of the console.
type consoleLog struct {
	Source  string `json:"source"`
	Level   string `json:"level"`
	Text    string `json:"text"`
	URL     string `json:"url"`
	Request string `json:"request"`
}
