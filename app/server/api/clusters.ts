/** API: clusters, their plans, revisions, kubeconfig and receipt. */
import { z } from "zod";
import { cluster, clusterForm, clusterPage, clusterView, createdCluster, editForm, receiptView } from "#app/contract/clusters.ts";
import { driftView } from "#app/contract/drift.ts";
import { operation, planKind } from "#app/contract/operations.ts";
import { revisionView } from "#app/contract/pages.ts";
import { planView } from "#app/contract/plans.ts";
import { rule } from "#app/forms/rules.ts";
import { digitsField, textField, wordField } from "#app/forms/text-fields.ts";
import { powers } from "#app/domain/cluster/spec.ts";
import { sortedIds } from "#app/domain/drift/drift-request.ts";
import { formBody, nameIn, requestFrom } from "./cluster-request.ts";
import { endpoint } from "./endpoint.ts";
import { clusterQuery, clusterListRequest, defined } from "./list-queries.ts";
import { clusterParams, numberedParams, tenantParams } from "./schemas.ts";

const base = "/tenants/:tenant/clusters";
const one = `${base}/:cluster`;

const readable = z.record(z.string(), z.unknown());

/** Names of rows as they come in an answer. */
const rowId = wordField("rowId");

export const driftEndpoints = [
  endpoint({
    method: "get",
    path: `${one}/drift`,
    verb: "cluster.read",
    summary: "What differs from the live spec: on the host, in the engine's state and among the nodes, by the last check",
    params: clusterParams,
    answer: driftView,
    run: ({ services, actor, params }) => services.drift.get(actor, params),
  }),
  endpoint({
    method: "post",
    path: `${one}/drift/look`,
    verb: "cluster.preview",
    summary: "Ask for a check as soon as possible; it is done when `looking` is false again",
    params: clusterParams,
    answer: driftView,
    status: 202,
    run: ({ services, actor, params }) => services.drift.check(actor, params),
  }),
  endpoint({
    method: "post",
    path: `${one}/drift/repair`,
    verb: "cluster.preview",
    summary: "Queue a preview whose plan repairs these rows, or all that are open",
    params: clusterParams,
    body: z.strictObject({ ids: z.array(rowId).min(1).max(500).transform(sortedIds).nullable().default(null) }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.drift.repair(actor, params, body.ids, keyed),
  }),
  endpoint({
    method: "post",
    path: `${one}/drift/adopt`,
    verb: "cluster.edit",
    summary: "Write a revision that says what is there, and queue its preview",
    params: clusterParams,
    body: z.strictObject({ id: rowId }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.drift.adopt(actor, params, body.id, keyed),
  }),
  endpoint({
    method: "post",
    path: `${one}/drift/ignore`,
    verb: "cluster.edit",
    summary: "Take a row off the open ones for so many days, or until it changes; 0: show it again",
    params: clusterParams,
    body: z.strictObject({ id: rowId, days: z.number().int().min(0).max(365) }),
    answer: driftView,
    run: ({ services, actor, params, body }) => services.drift.ignore(actor, params, body.id, body.days),
  }),
];

export const clusterEndpoints = [
  endpoint({
    method: "get",
    path: base,
    verb: "cluster.read",
    summary: "Clusters of a tenant, by name",
    params: tenantParams,
    query: clusterQuery,
    answer: clusterPage,
    run: ({ services, actor, params, query }) => services.clusters.list(actor, { ...clusterListRequest(query), tenant: params.tenant }),
  }),
  endpoint({
    method: "get",
    path: "/clusters",
    verb: "portal.read",
    summary: "Clusters of all tenants that this person may read, by name",
    query: clusterQuery,
    answer: clusterPage,
    run: ({ services, actor, query }) => services.clusters.list(actor, clusterListRequest(query)),
  }),
  endpoint({
    method: "get",
    path: `${base}/new`,
    verb: "cluster.create",
    summary: "What a new cluster can choose from",
    params: tenantParams,
    answer: clusterForm,
    run: ({ services, actor, params }) => services.clusters.newForm(actor, params.tenant),
  }),
  endpoint({
    method: "post",
    path: base,
    verb: "cluster.create",
    summary: "Write revision 1 of a new cluster and queue its preview",
    params: tenantParams,
    body: readable,
    described: formBody,
    answer: createdCluster,
    status: 201,
    run: async ({ services, actor, params, body, keyed }) => {
      const form = await services.clusters.newForm(actor, params.tenant, nameIn(body));
      // A request that continues after an attempt that ended in the middle meets its own cluster's name: the use case decides.
      const own = keyed !== null && typeof body.name === "string" ? body.name : null;
      return services.clusters.create(actor, params.tenant, requestFrom(body, { form, own, newest: null }), keyed);
    },
  }),
  endpoint({
    method: "get",
    path: one,
    verb: "cluster.read",
    summary: "One cluster with nodes, access, revisions, plans and operations",
    params: clusterParams,
    query: z.object({
      plansBefore: digitsField(1, 1e9).optional().describe("Cursor of the plans"),
      revisionsBefore: digitsField(1, 1e9).optional().describe("Cursor of the revisions"),
    }),
    answer: clusterView,
    run: ({ services, actor, params, query }) => services.clusters.get(actor, params, defined(query)),
  }),
  endpoint({
    method: "put",
    path: one,
    verb: "cluster.edit",
    summary:
      "Write the next revision and queue its preview; fields left out keep their value. A draft may change everything; what lives refuses fields that cannot change (422 field.fixed)",
    params: clusterParams,
    query: z.object({
      basedOn: digitsField(1, 1e9).optional().describe("The revision that the change starts from: refused when a newer one was written"),
    }),
    body: readable,
    described: z.object(formBody.shape).partial(),
    answer: createdCluster,
    status: 201,
    run: async ({ services, actor, params, query, body, keyed }) => {
      const edit = await services.clusters.editForm(actor, params, nameIn(body));
      return services.clusters.edit(
        actor,
        params,
        requestFrom(body, { form: edit.form, own: edit.spec.name, newest: { spec: edit.spec, state: edit.cluster.state } }),
        keyed,
        query.basedOn,
      );
    },
  }),
  endpoint({
    method: "get",
    path: `${one}/edit`,
    verb: "cluster.edit",
    summary: "What an edit starts from",
    params: clusterParams,
    answer: editForm,
    run: ({ services, actor, params }) => services.clusters.editForm(actor, params),
  }),
  endpoint({
    method: "post",
    path: `${one}/preview`,
    verb: "cluster.preview",
    summary: "Queue a preview of the newest revision, or of the teardown",
    params: clusterParams,
    body: z.strictObject({ kind: planKind.default("update") }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.clusters.preview(actor, params, body.kind, keyed),
  }),
  endpoint({
    method: "post",
    path: `${one}/discard`,
    verb: "cluster.discard",
    summary: "Forget a draft, or go back to the revision that is alive",
    params: clusterParams,
    answer: cluster,
    run: ({ services, actor, params }) => services.clusters.discard(actor, params),
  }),
  endpoint({
    method: "post",
    path: `${one}/certificates/renew`,
    verb: "cluster.edit",
    summary: "Write a revision that renews the control plane's certificates, and queue its preview",
    params: clusterParams,
    answer: operation,
    status: 202,
    run: ({ services, actor, params, keyed }) => services.clusters.renewCertificates(actor, params, keyed),
  }),
  endpoint({
    method: "post",
    path: `${one}/power`,
    verb: "cluster.edit",
    summary: "Write a revision that saves the machines or wakes them, and queue its preview (409 nothing-changed where it is so already)",
    params: clusterParams,
    body: z.strictObject({ power: z.enum(powers) }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.clusters.setPower(actor, params, body.power, keyed),
  }),
  endpoint({
    method: "post",
    path: `${one}/power-hours`,
    verb: "cluster.edit",
    summary:
      "Write a revision with the hours of the week in which the cluster is on, e.g. `mon-fri 08:00-19:00 Europe/Berlin` (null: none), and queue its preview. Once it is live, the cluster is saved and woken in the name of who set them",
    params: clusterParams,
    body: z.strictObject({ hours: textField(400, rule("field.type")).nullable() }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.clusters.setPowerHours(actor, params, body.hours, keyed),
  }),
  endpoint({
    method: "get",
    path: `${one}/kubeconfig`,
    verb: "cluster.kubeconfig",
    summary: "The kubeconfig, with an address that is reachable from outside or (direct) on the libvirt host",
    params: clusterParams,
    query: z.object({ use: z.enum(["outside", "direct"]).default("outside") }),
    answer: "yaml",
    run: ({ services, actor, params, query }) => services.clusters.kubeconfig(actor, params, query.use),
  }),
  endpoint({
    method: "get",
    path: `${one}/receipt`,
    verb: "cluster.read",
    summary: "What teardown proved to be gone",
    params: clusterParams,
    answer: receiptView,
    run: ({ services, actor, params }) => services.clusters.receipt(actor, params),
  }),
  endpoint({
    method: "get",
    path: `${one}/revisions/:number`,
    verb: "cluster.read",
    summary: "One revision of the spec and what it changed",
    params: numberedParams,
    answer: revisionView,
    run: ({ services, actor, params }) => services.clusters.revision(actor, params, params.number),
  }),
  endpoint({
    method: "get",
    path: `${one}/plans/:number`,
    verb: "plan.read",
    summary: "One plan: rows, host capacity, and whether it is still valid",
    params: numberedParams,
    answer: planView,
    run: ({ services, actor, params }) => services.plans.get(actor, params, params.number),
  }),
  endpoint({
    method: "post",
    path: `${one}/plans/:number/approve`,
    verb: "plan.approve",
    summary: "Queue the update or destroy that executes exactly this plan",
    params: numberedParams,
    body: z.strictObject({ hash: wordField("hash"), typedName: textField(200, rule("field.type")).nullable().default(null) }),
    answer: operation,
    status: 202,
    run: ({ services, actor, params, body, keyed }) => services.plans.approve(actor, params, params.number, body, keyed),
  }),
];
