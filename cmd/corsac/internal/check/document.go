package check

import (
	"bytes"
	"compress/gzip"
	"io"
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

// readDocument reads the policies in the meta elements of a document's head.
func (p *page) readDocument(data []byte) {
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Head {
				return
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch token.DataAtom {
			case atom.Body:
				return
			case atom.Meta:
				p.readMeta(token.Attr)
			}
		}
	}
}

func (p *page) readMeta(attributes []html.Attribute) {
	var name, equiv, content string
	for _, a := range attributes {
		switch a.Key {
		case "name":
			name = a.Val
		case "http-equiv":
			equiv = a.Val
		case "content":
			content = a.Val
		}
	}
	switch {
	case strings.EqualFold(equiv, "Content-Security-Policy"):
		p.csp = append(p.csp, csp.ParseMeta(content)...)
	case strings.EqualFold(name, "referrer"):
		if policy := lastPolicy([]string{content}); policy != "" {
			p.config.ReferrerPolicy = policy
		}
	}
}
