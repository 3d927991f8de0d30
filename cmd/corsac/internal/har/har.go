// Package har reads and writes HAR files, version 1.2
// (http://www.softwareishard.com/blog/har-12-spec/): what the network panel of
// a browser saves, with the members that Chromium adds.
//
//   - [Read] reads a file token by token and skips what is not needed. Of a long
//     string, such as the body of a response, only the beginning is ever in
//     memory.
//   - [Log.Conversations] combines the entries of one request of script: its
//     preflights and redirects are separate entries.
//   - [Write] writes a file entry by entry, in a form that [Read] reads back.
//   - It decides nothing and sends nothing.
package har

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// The bounds of a file.
const (
	MaxInput       = 256 << 20 // bytes, decompressed
	MaxEntries     = 100_000
	MaxHeaders     = 4096      // per message; a preflight asks for no more
	MaxHeaderBytes = 512 << 10 // per message, more than browsers accept
	MaxAllHeaders  = 2 << 20   // in all messages
	MaxText        = 128 << 20 // bytes of URLs and headers that are kept, in all messages

	maxString  = 1 << 20  // bytes of a string, as it is written; the rest is dropped
	maxLiteral = 1 << 10  // bytes of a number
	maxBlanks  = 1 << 10  // blanks in a row; the rest is dropped
	maxTokens  = 48 << 20 // names, values and brackets
	maxDepth   = 1 << 10  // of objects and lists that are skipped
)

// Log is the content of a file.
type Log struct {
	// Entries are in the order of the file.
	Entries []*Entry

	writers []string          // names of the browser and of the program that wrote the file
	pages   map[string]string // titles of pages by id
}

// Entry is one request and its response.
type Entry struct {
	// Number is the position of the entry, counted from 1.
	Number int
	fetch.Recorded

	// ResourceType is Chromium's word for what made the request, such as "xhr".
	ResourceType string
	// Failure is the error that the browser reported, if the request failed.
	Failure string
	pageRef string

	preflight bool
	// bodySize is how much of a body was transferred, and contentSize how long
	// the content is, decoded; -1 if the file does not say.
	bodySize, contentSize int
}

// Profile returns the browser that saved the file, or Chromium if the file does
// not say.
func (l *Log) Profile() fetch.Profile {
	for _, name := range l.writers {
		switch name = strings.ToLower(name); {
		case strings.Contains(name, "firefox"):
			return fetch.Firefox
		case strings.Contains(name, "webkit"), strings.Contains(name, "safari"): // Chromium writes WebInspector
			return fetch.Safari
		}
	}
	return fetch.Chromium
}
