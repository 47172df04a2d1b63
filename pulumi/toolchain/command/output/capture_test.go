package output

import (
	"fmt"
	"strings"
	"testing"
)

func captured(shown Shown) (*Capture, *[]string) {
	lines := &[]string{}
	return NewCapture(shown, func(line string) { *lines = append(*lines, line) }), lines
}

func TestLinesAreWholeHoweverTheyArrive(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true, Stderr: true})
	for _, chunk := range []string{"one", " line\r\ntw", "o\n\nlast"} {
		fmt.Fprint(capture.Stdout(), chunk)
	}
	if got := strings.Join(*lines, "|"); got != "one line|two|" {
		t.Errorf("before the end: %q", got)
	}
	capture.Finish()
	if got := strings.Join(*lines, "|"); got != "one line|two||last" {
		t.Errorf("after the end: %q", got)
	}
}

func TestStreamsDoNotMixWithinALine(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true, Stderr: true})
	fmt.Fprint(capture.Stdout(), "out ")
	fmt.Fprint(capture.Stderr(), "err\n")
	fmt.Fprint(capture.Stdout(), "more\n")
	if got := strings.Join(*lines, "|"); got != "err|out more" {
		t.Errorf("got %q", got)
	}
}

func TestALongLineIsShownInPiecesOfWholeCharacters(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true})
	text := "x" + strings.Repeat("한", 20_000)
	fmt.Fprint(capture.Stdout(), text)
	capture.Finish()
	if len(*lines) < 3 || strings.Join(*lines, "") != text || strings.Contains(strings.Join(*lines, ""), "\uFFFD") {
		t.Errorf("%d pieces", len(*lines))
	}
}

func TestWhatIsNotTextIsReplaced(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true})
	fmt.Fprint(capture.Stdout(), "a\xff\xfeb\n")
	capture.Finish()
	stdout, _ := capture.Text()
	if stdout != "a\uFFFDb" || (*lines)[0] != "a\uFFFDb" {
		t.Errorf("got %q and %q", stdout, *lines)
	}
}

func TestOneLineEndIsTakenOff(t *testing.T) {
	capture, _ := captured(Shown{})
	fmt.Fprint(capture.Stdout(), "text\n\n")
	if stdout, stderr := capture.Text(); stdout != "text\n" || stderr != "" {
		t.Errorf("got %q, %q", stdout, stderr)
	}
}

func TestTheEndingSaysWhyThereIsNoOutput(t *testing.T) {
	silent, _ := captured(Shown{Stdout: true, Stderr: true})
	if got := silent.Ending(); got != "it printed nothing" {
		t.Errorf("silent: %q", got)
	}
	none := "none"
	hidden, _ := captured(ShownBy(&none))
	fmt.Fprint(hidden.Stdout(), "secret\n")
	if got := hidden.Ending(); !strings.Contains(got, "hidden") || strings.Contains(got, "secret") {
		t.Errorf("hidden: %q", got)
	}
}

func TestTheEndingIsShort(t *testing.T) {
	capture, _ := captured(Shown{Stdout: true})
	for i := range 1000 {
		fmt.Fprintln(capture.Stdout(), i, strings.Repeat("y", 2000))
	}
	if got := capture.Ending(); len(got) > 12_000 || !strings.Contains(got, "\n999 ") || strings.Contains(got, "\n900 ") {
		t.Errorf("%d bytes", len(got))
	}
}
