// Package har reads and writes HAR files, version 1.2
// (http://www.softwareishard.com/blog/har-12-spec/): what the network panel of a
// browser saves, with the members that Chromium adds.
//
//   - [Read] reads a file piece by piece. What is of no interest is passed over,
//     though a value, such as the body of an answer, is in memory while it is
//     read, in a buffer of up to twice its size.
//   - [Log.Conversations] puts together what was one request of script:
//     preflights and redirects are entries of their own.
//   - [Write] writes a file entry by entry. [Read] finds in it what was written.
//   - It decides nothing, and nothing is sent.
package har

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// The bounds of a file.
const (
	MaxInput       = 256 << 20 // bytes, unpacked
	MaxEntries     = 100_000
	MaxHeaders     = 4096      // of a message; a preflight asks for no more
	MaxHeaderBytes = 512 << 10 // of a message, which is more than browsers take
	MaxAllHeaders  = 2 << 20   // of all messages
)

// Log is what a file has.
type Log struct {
	// Entries are in the order of the file.
	Entries []*Entry

	writers []string          // the names of the browser and of the program that wrote the file
	pages   map[string]string // the titles of pages by their ids
}

// Entry is one request and its answer.
type Entry struct {
	// Number counts from 1, as people do.
	Number int
	fetch.Recorded

	// ResourceType is Chromium's word for what made the request, such as "xhr".
	ResourceType string
	// Failure is what the browser says about a request that failed.
	Failure string
	pageRef string

	preflight bool
}

// Profile returns the browser that saved the file; Chromium, if the file does
// not say.
func (l *Log) Profile() fetch.Profile {
	for _, name := range l.writers {
		switch name = strings.ToLower(name); {
		case strings.Contains(name, "firefox"):
			return fetch.Firefox
		case strings.Contains(name, "webkit"), strings.Contains(name, "safari"): // Chromium says WebInspector
			return fetch.Safari
		}
	}
	return fetch.Chromium
}
