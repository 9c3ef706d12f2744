package dev.kappa.reprocessing.fleet;

import java.util.Optional;

/**
 * Signs reports, and tells those of the fleet from others: whoever may write to the topic could otherwise name an address that instances then
 * ask. Thread-safe.
 */
public interface ReportSignatures {

    /** Nothing is signed, and every report counts. */
    ReportSignatures NONE = new ReportSignatures() {
        @Override
        public Optional<String> sign(byte[] report) {
            return Optional.empty();
        }

        @Override
        public boolean isSigned(byte[] report, Optional<String> signature) {
            return true;
        }
    };

    /** The signature of an encoded report; empty where reports are not signed. */
    Optional<String> sign(byte[] report);

    /** Whether a report counts. */
    boolean isSigned(byte[] report, Optional<String> signature);
}
