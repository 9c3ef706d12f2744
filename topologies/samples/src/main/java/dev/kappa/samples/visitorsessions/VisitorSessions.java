package dev.kappa.samples.visitorsessions;

import com.google.auto.service.AutoService;
import dev.kappa.events.PageView;
import dev.kappa.results.VisitorSession;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Session;
import dev.kappa.topologies.Sessions;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import java.time.Duration;
import java.util.List;

/**
 * Sessions of each visitor: page views at most a gap apart, that is inclusive.
 *
 * <p>Entry and exit are the pages of the earliest and the latest view; of views with equal times, the one that came first
 * is the entry and the one that came last the exit. A view sent twice counts twice. A view may come out of order: it joins
 * sessions that were two before. It is late when an earlier one of its partition is dated past the end of its session plus
 * gap and grace.
 */
@AutoService(ViewDefinition.class)
public final class VisitorSessions implements ViewDefinition {

    static final Parameter<Duration> GAP = Parameter.duration(
            "gap",
            Duration.ofMinutes(30),
            Duration.ofMillis(1),
            "Longest time between two page views of a session; inclusive");
    static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    static final Parameter<Duration> RETENTION = Parameter.retention();

    static final Input<PageView> PAGE_VIEWS = Input.stream("page-views", PageView.class);
    static final Store<String, VisitorSession> SESSIONS =
            Store.sessions("sessions", DataType.TEXT, VisitorSession.class, new Sessions(GAP, GRACE, RETENTION));
    static final Output<WindowedKey, VisitorSession> OUTPUT =
            Output.of(DataType.of(WindowedKey.class), VisitorSession.class);

    @Override
    public String name() {
        return "visitor-sessions";
    }

    @Override
    public int revision() {
        return 2;
    }

    @Override
    public String description() {
        return "What each visitor does from the first page to the last";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(GAP, GRACE, RETENTION);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(PAGE_VIEWS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(SESSIONS);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        view.output(
                view.sessions(SESSIONS)
                        .aggregate(view.stream(PAGE_VIEWS), VisitorSessions::single, VisitorSessions::merge),
                OUTPUT);
    }

    private static VisitorSession single(PageView view) {
        long bytes = view.getBytes() == null ? 0 : view.getBytes();
        return new VisitorSession(1L, bytes, view.getPath(), view.getPath());
    }

    private static Session<VisitorSession> merge(Session<VisitorSession> before, Session<VisitorSession> after) {
        VisitorSession a = before.value();
        VisitorSession b = after.value();
        return new Session<>(
                Math.min(before.start(), after.start()),
                Math.max(before.end(), after.end()),
                new VisitorSession(
                        a.getViews() + b.getViews(),
                        a.getBytes() + b.getBytes(),
                        before.start() <= after.start() ? a.getEntry() : b.getEntry(),
                        after.end() >= before.end() ? b.getExit() : a.getExit()));
    }
}
