import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";
import { functionNames, jobNames } from "../functions/catalog.ts";
import { openApiDocument } from "./document.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { anyJob } from "./operations/any_job.ts";
import { REFERENCE, referenceFiles } from "./reference.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("the reference is what the schemas of the functions make it", async () => {
  for (const [name, text] of Object.entries(await referenceFiles())) {
    equal(
      await Deno.readTextFile(new URL(name, REFERENCE)),
      text,
      "deno run -A scripts/api_reference/main.ts",
    );
  }
});

Deno.test("every function is in it, by its name or as one of the jobs", async () => {
  const there = await functionNames(ROOT);
  const jobs = await jobNames(ROOT);
  const named = OPERATIONS.map(({ slug }) => slug)
    .filter((slug) => slug !== anyJob.slug);
  deepEqual(named.filter((name) => !there.includes(name)), []);
  deepEqual(
    there.filter((name) => !named.includes(name) && !jobs.includes(name)),
    [],
  );
});

Deno.test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const document = openApiDocument("1.0.0");
  const { valid, errors } = await validator.validate(
    JSON.parse(JSON.stringify(document)),
  );
  deepEqual(errors, undefined);
  equal(valid, true);
  equal(validator.version, "3.1");

  const broken = await validator.validate({ ...document, info: {} });
  equal(broken.valid, false);
});

Deno.test("every example is what its schema describes, and nothing more", () => {
  for (const operation of OPERATIONS) {
    for (const { content } of contents(operation)) {
      const { schema, example } = content;
      deepEqual(schema.parse(example), example, operation.slug);
    }
  }
});

Deno.test("every reference in the document leads to a schema", () => {
  const document = openApiDocument("1.0.0");
  const names = new Set(Object.keys(document.components.schemas));
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)];
  const used = new Set(references.map(([, target]) => {
    equal(target.startsWith("#/components/schemas/"), true, target);
    return target.replace("#/components/schemas/", "");
  }));
  deepEqual([...used].sort(), [...names].sort());
});

function contents({ body, answers }: Operation) {
  return [
    ...body === undefined ? [] : [body],
    ...answers.flatMap((
      { content },
    ) => content),
  ].map((content) => ({ content }));
}
