package after

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/corsac-dev/corsac/fetch"
)

// drawBody draws a response whose body may break off.
func drawBody(r *rand.Rand, c *Case) {
	typ, body := begin(r, c, destinations...)
	c.header("Content-Type", typ)
	faults := []func(*rand.Rand, *Case, string){lengthFault, chunkFault, resetFault}
	if c.Destination != fetch.DestinationAudio { // media is decoded in parts
		faults = append(faults, encodingFault)
	}
	pick(r, faults...)(r, c, body)
}

// lengthFault draws a Content-Length, and how much comes.
func lengthFault(r *rand.Rand, c *Case, body string) {
	c.Body = body
	switch r.IntN(4) {
	case 0:
		c.whole()
	case 1: // to the end of the connection
	case 2:
		c.Body = body[:r.IntN(len(body))]
		c.header("Content-Length", fmt.Sprint(len(body)))
		c.BodyError = fetch.CodeLengthMismatch
	case 3:
		c.Body = ""
		c.header("Content-Length", fmt.Sprint(len(body)))
		c.BodyError = fetch.CodeLengthMismatch
	}
}

// chunkFault draws chunks, one of which may be wrong.
func chunkFault(r *rand.Rand, c *Case, body string) {
	c.header("Transfer-Encoding", "chunked")
	half := len(body) / 2
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	first, second, end := chunk(body[:half]), chunk(body[half:]), "0\r\n\r\n"
	switch r.IntN(7) {
	case 0, 1:
		c.Body = first + second + end
	case 2:
		c.Body, c.BodyError = first+second, fetch.CodeChunksIncomplete
	case 3:
		c.Body, c.BodyError = first+second[:len(second)/2], fetch.CodeChunksIncomplete
	case 4:
		c.Body, c.BodyError = first+second+"0\r\n", fetch.CodeChunksIncomplete
	case 5:
		c.Body, c.BodyError = pick(r, "zz\r\n", "-1\r\n", "0x5\r\n", "\r\n")+body, fetch.CodeChunksInvalid
	case 6:
		c.Body, c.BodyError = "", fetch.CodeChunksIncomplete
	}
}

func resetFault(_ *rand.Rand, c *Case, body string) {
	c.Body, c.Reset, c.BodyError = body[:len(body)/2], true, fetch.CodeConnectionReset
	c.header("Content-Length", fmt.Sprint(len(body)))
}

// encodingFault draws an encoding, and whether the body is in it.
func encodingFault(r *rand.Rand, c *Case, body string) {
	var b bytes.Buffer
	name := pick(r, "gzip", "deflate", "br", "zstd")
	var w io.WriteCloser = gzip.NewWriter(&b)
	if name == "deflate" {
		w = zlib.NewWriter(&b)
	}
	_, _ = io.WriteString(w, body) // into memory
	_ = w.Close()
	switch good := name == "gzip" || name == "deflate"; {
	case good && r.IntN(2) == 0:
		c.Body = b.String() + pick(r, "", "", "garbage")
	case r.IntN(4) == 0:
		name, c.Body = pick(r, "foo", "identity"), body
	default:
		c.Body, c.BodyError = "\xff\xff\xff\xff"+body, fetch.CodeDecodingFailed
	}
	c.header("Content-Encoding", name)
	c.whole()
}
