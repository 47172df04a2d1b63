package local

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function that runs a command every time the program is evaluated, previews included.
type Run struct{}

// Annotate describes the function to the schema.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "Runs a command on this machine, in every preview and every update.")
}

// RunInputs are the function's arguments.
type RunInputs struct {
	BaseInputs
	Command string `pulumi:"command"`
}

// Annotate describes the arguments to the schema.
func (r *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&r.Command, "The command to run.")
}

// RunOutputs are the function's result.
type RunOutputs struct {
	RunInputs
	BaseOutputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	result := RunOutputs{RunInputs: req.Input}
	step := call{step: "run", command: req.Input.Command, inputs: req.Input.BaseInputs}
	err := step.run(ctx, p.GetLogger(ctx), &result.BaseOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: result}, err
}
