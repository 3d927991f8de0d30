//go:build !windows && (!unix || aix || solaris)

package terminal

import (
	"errors"
	"os"
)

func unbuffer(*os.File) (func(), error) { return nil, errors.ErrUnsupported }
