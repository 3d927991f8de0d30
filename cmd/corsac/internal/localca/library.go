package localca

import (
	"errors"
	"fmt"
	"strings"

	"github.com/smallstep/truststore"
)

// filePrefix begins the name of the CA's file in a folder of the system. Its serial
// number follows.
const filePrefix = "corsac-development-ca-"

// useLibrary adds the CA to the system's store, or removes it.
func useLibrary(c *CA, add bool) error {
	do := truststore.Uninstall
	if add {
		do = truststore.Install
	}
	err := do(c.cert, truststore.WithPrefix(filePrefix))
	var failed *truststore.CmdError
	switch {
	case errors.Is(err, truststore.ErrNotSupported), errors.Is(err, truststore.ErrTrustNotSupported):
		return errUnsupported
	case errors.As(err, &failed):
		return fmt.Errorf("%s: %w: %s", strings.Join(failed.Cmd().Args, " "), failed.Err(), oneLine(failed.Out()))
	}
	return err
}

// oneLine returns what a program printed, on one line and not too much of it.
func oneLine(printed []byte) string {
	const most = 400
	text := strings.Join(strings.Fields(string(printed)), " ")
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
