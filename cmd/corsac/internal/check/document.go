package check

import (
	"bytes"
	"compress/gzip"
	"io"
	"sort"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/fetch"
)

// document returns the beginning of an HTML document, decompressed. It returns
// nil if the response is not HTML or cannot be read.
func document(headers fetch.Headers, body []byte) []byte {
	if types := headers.Values("Content-Type"); len(types) > 0 && !strings.Contains(strings.ToLower(types[0]), "html") {
		return nil
	}
	return decoded(headers, body, maxPageBody)
}

// decoded returns at most so many bytes of a body, decompressed; nil if that is
// not possible.
func decoded(headers fetch.Headers, body []byte, most int64) []byte {
	encodings := headers.Values("Content-Encoding")
	if len(encodings) == 0 {
		return body
	}
	if !strings.EqualFold(encodings[0], "gzip") {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(r, most)) // the body may end early
	return data
}

// readDocument reads the policies in the meta elements of a document, which is
// parsed as browsers with script do: what is in a comment, a template, or
// noscript is not part of the document.
func (p *page) readDocument(data []byte) {
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil { // nested too deeply: what comes before that counts
		parsed := sort.Search(len(data), func(n int) bool {
			_, err := html.Parse(bytes.NewReader(data[:n+1]))
			return err != nil
		})
		if root, err = html.Parse(bytes.NewReader(data[:parsed])); err != nil {
			return
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Meta && n.Namespace == "" && !inTemplate(n) {
			p.readMeta(n)
		}
	}
}

// inTemplate reports whether a node is in the contents of a template, which are
// not in the document.
func inTemplate(n *html.Node) bool {
	for a := range n.Ancestors() {
		if a.DataAtom == atom.Template && a.Namespace == "" {
			return true
		}
	}
	return false
}

// readMeta reads a meta element. A Content Security Policy counts only in a
// child of the head
// (https://html.spec.whatwg.org/#attr-meta-http-equiv-content-security-policy),
// a referrer policy anywhere
// (https://html.spec.whatwg.org/#meta-referrer).
func (p *page) readMeta(n *html.Node) {
	content := attribute(n, "content")
	if strings.EqualFold(attribute(n, "http-equiv"), "Content-Security-Policy") && n.Parent.DataAtom == atom.Head && n.Parent.Namespace == "" {
		p.csp = append(p.csp, csp.ParseMeta(content)...)
	}
	if strings.EqualFold(attribute(n, "name"), "referrer") {
		if policy := lastPolicy([]string{content}); policy != "" {
			p.config.ReferrerPolicy = policy
		}
	}
}

// attribute returns the value of an attribute. If it is repeated, the first
// counts
// (https://html.spec.whatwg.org/#parse-error-duplicate-attribute).
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}
