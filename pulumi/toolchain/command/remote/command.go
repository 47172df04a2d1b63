// Package remote holds the resources that work on another machine, over SSH.
package remote

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command runs a script on the machine when the resource is created, updated and deleted.
type Command struct{}

// Annotate describes the resource to the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command run on a remote machine over SSH.")
}

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	Triggers               *[]any            `pulumi:"triggers,optional"               provider:"replaceOnChanges"`
	Create                 *string           `pulumi:"create,optional"`
	Update                 *string           `pulumi:"update,optional"`
	Delete                 *string           `pulumi:"delete,optional"`
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *Logging          `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection"                      provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the inputs to the schema.
func (c *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Triggers, "Values of any kind; when one changes, the resource is replaced.")
	a.Describe(&c.Create, "The script run when the resource is created, and when it is updated without `update`.")
	a.Describe(&c.Update, "The script run when an input changed.")
	a.Describe(&c.Delete, "The script run when the resource is deleted.")
	a.Describe(&c.Stdin, "What the script reads from standard input.")
	a.Describe(&c.Logging, "Which streams are shown while the script runs; both, if left out.")
	a.Describe(&c.Connection, "How to reach the machine.")
	a.Describe(&c.Environment, "Environment variables, as far as the SSH server accepts them (AcceptEnv).")
	a.Describe(&c.AddPreviousOutputInEnv, "Whether PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR carry the outputs "+
		"of the run before; yes, if left out.")
}

// BaseOutputs are what the last run printed.
type BaseOutputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs to the schema.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "What the script printed to standard output.")
	a.Describe(&o.Stderr, "What the script printed to standard error.")
}

// CommandOutputs are the resource's state.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// Create runs the script `create`, if there is one.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		step := call{step: "create", script: *req.Inputs.Create, inputs: req.Inputs}
		state.BaseOutputs, err = step.run(ctx, p.GetLogger(ctx))
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the script `update`, or `create` where there is none.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, BaseOutputs: req.State.BaseOutputs}
	script := req.Inputs.Update
	if script == nil {
		script = req.Inputs.Create
	}
	var err error
	if !req.DryRun && script != nil {
		step := call{step: "update", script: *script, inputs: req.Inputs, previous: req.State.BaseOutputs}
		state.BaseOutputs, err = step.run(ctx, p.GetLogger(ctx))
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the script `delete`, if there is one.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	step := call{step: "delete", script: *req.State.Delete, inputs: req.State.CommandInputs, previous: req.State.BaseOutputs}
	_, err := step.run(ctx, p.GetLogger(ctx))
	return infer.DeleteResponse{}, err
}
