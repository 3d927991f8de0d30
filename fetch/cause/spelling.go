package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/similar"
)

// misspelledHeaders adds names of headers that are misspelled.
func (r *registry) misspelledHeaders() {
	r.add(&Cause{
		Slug: "misspelled-cors-header", Side: Server, at: atMissing | atCredentials | atMethods | atHeaders, rank: garbled,
		Title: "A CORS header is misspelled: {wrong}",
		When:  "The response lacks a header that the browser needs, and has one whose name is nearly the same.",
		Why:   "Browsers ignore headers that they do not recognize. The name is {right}.",
		Fix:   "Rename {wrong} to {right} in the server.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origins: *",
		}),
		Fixed: answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *"}),
		applies: func(s *scene) bool {
			wrong, right := s.misspelled()
			return wrong != "" && !s.has(right)
		},
	})
}

// misspelled returns a header of the last answer that is nearly the one about
// which the browser complains, and that one; empty if there is none.
func (s *scene) misspelled() (wrong, right string) {
	if right = s.err().Header; right == "" || s.has(right) {
		return "", ""
	}
	known := []string{right}
	for _, h := range s.last.ResponseHeaders {
		if similar.Nearest(h.Name, known, foldHeader) != "" {
			return h.Name, right
		}
	}
	return "", ""
}

// foldHeader is a header name in the form in which misspellings are compared.
func foldHeader(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }
