/** A list that keeps its first and its last items and counts the rest: constant memory for a log without end. */
export class BoundedList<T> {
  private readonly head: T[] = [];
  private tail: T[] = [];
  count = 0;

  constructor(
    private readonly first: number,
    private readonly last: number,
  ) {}

  push(item: T): void {
    this.count++;
    if (this.head.length < this.first) this.head.push(item);
    else {
      this.tail.push(item);
      if (this.tail.length > this.last * 2) this.tail = this.tail.slice(-this.last);
    }
  }

  items(): T[] {
    return [...this.head, ...this.tail.slice(-this.last)];
  }
}
