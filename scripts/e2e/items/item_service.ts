import { Journal } from "../../stand_ins/journal.ts";
import {
  type Answer,
  type LateAnswer,
  type ServiceRequest,
  startLocalService,
} from "../../stand_ins/local_service.ts";
import { ANSWERS, type Order } from "./order.ts";

/** What happens to an item, or after a list; by default it succeeds. */
export type Fate =
  | void
  | { readonly kind: keyof typeof ANSWERS; readonly says: string };

/** What the job does; omitted steps succeed. */
export interface Instructions extends Partial<Order> {
  readonly lists: Order["lists"];
  /** Called when an item is begun, and each time that it is repeated. */
  readonly item?: (id: string) => Fate | Promise<Fate>;
  /** Called when a list is done, 0 for the first. */
  readonly afterList?: (number: number) => Fate | Promise<Fate>;
  /** Called at the beginning of an attempt, 1 for the first. */
  readonly attempt?: (number: number) => void | Promise<void>;
}

/** Something that happened to an item. */
export interface ItemEvent {
  readonly id: string;
  /** By `performance.now()`. */
  readonly at: number;
}

/** Gives the job its items, from outside of its process. */
export interface ItemService extends AsyncDisposable {
  readonly url: string;
  /** Sets what the job does, from the next attempt on. */
  instruct(instructions: Instructions): void;
  readonly begun: Journal<ItemEvent>;
  /** Items whose outcome the job received. */
  readonly ended: Journal<ItemEvent>;
  /** Items that the job did not wait for. */
  readonly abandoned: Journal<ItemEvent>;
  /** How many items the job had in hand at most. */
  readonly mostInHand: number;
}

/** Starts the service on a free port of 127.0.0.1. */
export async function startItemService(): Promise<ItemService> {
  const begun = new Journal<ItemEvent>();
  const ended = new Journal<ItemEvent>();
  const abandoned = new Journal<ItemEvent>();
  let instructions: Instructions = { lists: [] };
  let inHand = 0;
  let mostInHand = 0;

  async function workOn(id: string, over: Promise<void>): Promise<Answer> {
    const event = () => ({ id, at: performance.now() });
    mostInHand = Math.max(mostInHand, ++inHand);
    begun.add(event());
    const fate = await Promise.race([
      instructions.item?.(id),
      over.then(() => "abandoned" as const),
    ]);
    inHand -= 1;
    if (fate === "abandoned") {
      abandoned.add(event());
      return answer();
    }
    ended.add(event());
    return answer(fate);
  }

  async function decide({ path, over }: ServiceRequest): Promise<Answer> {
    const [, kind, name] = path.split("/");
    switch (kind) {
      case "orders": {
        await instructions.attempt?.(Number(name));
        const { lists, concurrency = 4, deaf = [] } = instructions;
        const order: Order = { lists, concurrency, deaf };
        return { ...answer(), body: JSON.stringify(order) };
      }
      case "items":
        return await workOn(name, over);
      default:
        return answer(await instructions.afterList?.(Number(name)));
    }
  }

  const service = await startLocalService((request) => later(decide(request)));
  return {
    url: service.origin,
    instruct(next) {
      instructions = next;
    },
    begun,
    ended,
    abandoned,
    get mostInHand() {
      return mostInHand;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

function answer(fate?: Fate): Answer {
  const { kind, says } = fate ?? { kind: "done", says: "" };
  return { status: ANSWERS[kind], headers: {}, body: says };
}

/** An answer that is not known yet. */
function later(decision: Promise<Answer>): LateAnswer {
  const reply = {
    answer: answer(),
    until: decision.then((decided) => {
      reply.answer = decided;
    }),
  };
  return reply;
}
